// Asks what stdin says, a JSON list of {query, sources, format}, and prints the list of what came of
// it: {answer} as text, or {error}.
import { json, text } from "node:stream/consumers";
import { QueryEngine } from "@comunica/query-sparql";

const engine = new QueryEngine();
const outcomes = [];
for (const { query, sources, format } of await json(process.stdin)) {
  try {
    const found = await engine.query(query, { sources });
    const { data } = await engine.resultToString(found, format);
    outcomes.push({ answer: await text(data) });
  } catch (error) {
    outcomes.push({ error: error.message });
  }
}
console.log(JSON.stringify(outcomes));
