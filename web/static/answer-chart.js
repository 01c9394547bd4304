// A bar for each row of an answer that has a column of numbers and one to name them by.
"use strict";

const AnswerChart = {
  MOST: 50, // bars that anyone compares

  // The columns to draw, or null where an answer is none for a chart.
  columns(names, rows) {
    const all = (name, test) => rows.every((row) => row[name] && test(row[name]));
    const numeric = (term) => /#(integer|decimal|double|float)$/.test(term.datatype ?? "");
    const value = names.findLast((name) => all(name, numeric));
    const others = names.filter((name) => name !== value);
    const texts = others.filter((name) => all(name, (term) => term.type === "literal"));
    // Names of things say more than their addresses.
    const labels = texts.length ? texts : others.slice(-1);
    return rows.length > 1 && value && labels.length ? { labels, value } : null;
  },

  draw({ labels, value }, rows, write) {
    const list = document.createElement("dl");
    list.className = "bars";
    const shown = rows.slice(0, AnswerChart.MOST);
    const greatest = Math.max(...shown.map((row) => Math.abs(Number(row[value].value))), 0) || 1;
    for (const row of shown) {
      const item = document.createElement("div");
      const name = document.createElement("dt");
      labels.forEach((label, number) => name.append(number ? " · " : "", write(row[label])));
      name.title = name.textContent;
      const figure = document.createElement("dd");
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.style.width = `${(100 * Math.abs(Number(row[value].value))) / greatest}%`;
      figure.append(bar, row[value].value);
      item.append(name, figure);
      list.append(item);
    }
    return list;
  },
};
