"""The pages that people read: which address shows what."""

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState

from . import (
    behind,
    compare,
    descriptions,
    discovery,
    holdings,
    home,
    lists,
    model_page,
    ontology,
    remembered,
    representations,
    resources,
    runs,
    wording,
)

blueprint = Blueprint("pages", __name__)

blueprint.add_url_rule("/", "home", home.home)
for _kind, _plural in wording.PLURALS.items():
    # The list is where the addresses of its things begin: /method/… and /method.
    blueprint.add_url_rule(f"/{_kind}", _plural, lists.listing, defaults={"kind": _kind})
blueprint.add_url_rule(
    f"/<any({','.join(resources.NOUNS)}):noun>/<path:key>",
    "resource",
    resources.resource,
    merge_slashes=False,  # a DOI may hold two in a row
)
blueprint.add_url_rule(compare.PATH, "compare", compare.compare)
blueprint.add_url_rule(
    f"{compare.PATH}.<any({','.join(compare.FILES)}):suffix>", "compare_as", compare.compare_as
)
blueprint.add_url_rule(f"{behind.PATH}/<name>", "query", behind.query)
blueprint.add_url_rule(runs.PATH, "runs", runs.runs)
blueprint.add_url_rule(model_page.PATH, "model", model_page.model)
blueprint.add_url_rule(ontology.PATH, "ontology", ontology.ontology)
blueprint.add_url_rule(
    f"{ontology.PATH}.<any(ttl,nt,jsonld,rdf):suffix>", "ontology_as", ontology.ontology_as
)
blueprint.add_url_rule("/ns", "namespace", ontology.namespace)
blueprint.add_url_rule(descriptions.PATH, "dataset", descriptions.dataset)
blueprint.add_url_rule(
    f"{descriptions.PATH}.<any(ttl,nt,jsonld,rdf):suffix>", "dataset_as", descriptions.dataset_as
)
blueprint.add_url_rule("/robots.txt", "robots", discovery.robots)
blueprint.add_url_rule("/sitemap.xml", "sitemap", discovery.sitemap)
blueprint.add_url_rule(
    f"/sitemap-<any({','.join(wording.PLURALS)}):kind>-<int:number>.xml",
    "sitemap_of",
    discovery.sitemap_of,
)
blueprint.add_url_rule("/opensearch.xml", "opensearch", discovery.opensearch)
blueprint.add_url_rule("/lookup", "lookup", discovery.lookup)


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    assert isinstance(state.app, Flask)
    state.app.register_error_handler(404, resources.unrouted)
    holdings.install(state.app)
    remembered.install(state.app)
    wording.install(state.app)
    state.app.jinja_env.globals["resource_forms"] = tuple(resources.SUFFIXES.items())
    state.app.jinja_env.globals["description_forms"] = tuple(representations.SUFFIXES.items())
