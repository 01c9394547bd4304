"""The terms that the graph is written in; those of `sg:` are declared in ontology.ttl."""

import re

from pyoxigraph import NamedNode

PREFIXES: dict[str, str] = {
    "sg": "https://w3id.org/scholargraph/ns#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "schema": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "fabio": "http://purl.org/spar/fabio/",
    "cito": "http://purl.org/spar/cito/",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "oa": "http://www.w3.org/ns/oa#",
    "void": "http://rdfs.org/ns/void#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
}


def term(name: str) -> NamedNode:
    """
    The IRI of a prefixed name.

    >>> term("dct:title").value
    'http://purl.org/dc/terms/title'
    """
    prefix, local = name.split(":", 1)
    return NamedNode(PREFIXES[prefix] + local)


TYPE = term("rdf:type")
VALUE = term("rdf:value")
SUBJECT = term("rdf:subject")
PREDICATE = term("rdf:predicate")
OBJECT = term("rdf:object")

# Papers
ARTICLE = term("schema:ScholarlyArticle")
RESEARCH_PAPER = term("fabio:ResearchPaper")
TITLE = term("dct:title")
ABSTRACT = term("dct:abstract")
ISSUED = term("dct:issued")
IDENTIFIER = term("dct:identifier")
DOI = term("prism:doi")
ARXIV_ID = term("fabio:hasArXivId")
SAME_AS = term("schema:sameAs")  # an identifier, as its public address
VENUE = term("prism:publicationName")
VOLUME = term("prism:volume")
ISSUE = term("prism:number")
PAGES = term("prism:pageRange")
PUBLISHER = term("dc:publisher")
ISBN = term("prism:isbn")
WITHDRAWN = term("sg:withdrawn")
URL = term("schema:url")
CODE = term("schema:codeRepository")
CODE_FLAG = term("sg:codeFlag")
CATEGORY = term("dct:subject")
AFFILIATION_TAG = term("sg:affiliationTag")
AUTHORS_TRUNCATED = term("sg:authorsTruncated")
RECORD_HASH = term("sg:recordHash")
PART_OF = term("dct:isPartOf")  # from every node that a paper or a profile owns to its owner
SOURCE = term("dct:source")

# Citations: between papers, and to works that the graph knows from references alone
CITES = term("cito:cites")
WORK = term("fabio:Work")
REFERENCE = term("sg:reference")  # from a paper to what one of its references says
STANDS_FOR = term("sg:standsFor")  # from there to the paper or work that is meant
TITLE_KEY = term("sg:titleKey")

# Records: what each source says of a paper of several
SOURCE_RECORD = term("sg:SourceRecord")

# What a person decided about which records are of one work
DECISION = term("sg:IdentityDecision")
SAME_WORK = term("sg:sameWork")
DECIDED_ABOUT = term("sg:decidedAbout")
FORMER_PAPER = term("sg:formerPaper")
NOTE = term("rdfs:comment")
DECIDED = term("dct:date")

# What sort of publication a paper is, beside its being a schema:ScholarlyArticle.
GENRES = {
    "article": term("fabio:JournalArticle"),
    "conference-paper": term("fabio:ConferencePaper"),
    "preprint": term("fabio:Preprint"),
    "review": term("fabio:ReviewArticle"),
    "book": term("fabio:Book"),
    "chapter": term("fabio:BookChapter"),
    "thesis": term("fabio:Thesis"),
    "report": term("fabio:ReportDocument"),
}

# Authors
PERSON = term("schema:Person")
FOAF_PERSON = term("foaf:Person")
NAME = term("foaf:name")
CREATOR = term("dct:creator")
AUTHOR = term("schema:author")
AUTHORSHIP = term("sg:Authorship")
OF_AUTHOR = term("sg:author")
POSITION = term("sg:position")
NAME_AS_GIVEN = term("sg:nameAsGiven")
ORCID = term("sg:orcid")
AFFILIATION = term("sg:affiliation")
PROFILE = term("schema:ProfilePage")
MAIN_ENTITY = term("schema:mainEntity")
PERSON_ID = term("schema:identifier")  # an ORCID iD, as an address

# What a source says of itself
SOURCE_CLAIM = term("sg:SourceClaim")
CLAIMS_ABOUT = term("sg:claimsAbout")
MEASURE = term("sg:measure")
CAPTURED = term("sg:captured")

# Concepts
CONCEPT = term("skos:Concept")
CONCEPT_CLASSES = {
    "method": term("sg:Method"),
    "dataset": term("sg:Dataset"),
    "task": term("sg:Task"),
    "metric": term("sg:Metric"),
}
LABEL = term("skos:prefLabel")
ALT_LABEL = term("skos:altLabel")
NOTATION = term("skos:notation")
ABBREVIATION = term("sg:abbreviation")
BROADER = term("skos:broader")  # from a size of a model to the model
INTRODUCES = term("sg:introduces")
USES = {
    "method": term("sg:usesMethod"),
    "dataset": term("sg:usesDataset"),
    "task": term("sg:addressesTask"),
    "metric": term("sg:reportsMetric"),
}

# Evidence
SENTENCE = term("sg:Sentence")
MENTION = term("sg:Mention")
ANNOTATION = term("oa:Annotation")
IN_SENTENCE = term("sg:inSentence")
OF_CONCEPT = term("sg:concept")
CONCEPT_LABEL = term("sg:conceptLabel")
LINKED_BY = term("sg:linkedBy")
FAMILY = term("sg:family")
FAMILY_LABEL = term("sg:familyLabel")
FIELD = term("sg:field")
EXACT = term("oa:exact")
START = term("oa:start")
END = term("oa:end")
CONFIDENCE = term("sg:confidence")
GENERATED_BY = term("prov:wasGeneratedBy")

# Relations between concepts
RELATION = term("sg:RelationStatement")
RELATIONS = {
    "usedFor": term("sg:usedFor"),
    "evaluatedOn": term("sg:evaluatedOn"),
    "trainedOn": term("sg:trainedOn"),
    "comparedWith": term("sg:comparedWith"),
    "partOf": term("sg:partOf"),
    "subclassOf": term("sg:subclassOf"),
    "subtaskOf": term("sg:subtaskOf"),
    "benchmarkFor": term("sg:benchmarkFor"),
    "synonymOf": term("sg:synonymOf"),
}

# Results
RESULT_CLAIM = term("sg:ResultClaim")
UNIT = term("sg:unit")
CHANGE = term("sg:change")
RESULT_PARTS = {
    "metric": term("sg:metric"),
    "dataset": term("sg:dataset"),
    "task": term("sg:task"),
    "method": term("sg:method"),
    "baseline": term("sg:baseline"),
}

# Runs
ACTIVITY = term("prov:Activity")
ENTITY = term("prov:Entity")
USED = term("prov:used")
STARTED = term("prov:startedAtTime")
ENDED = term("prov:endedAtTime")
INVALIDATED = term("prov:invalidatedAtTime")
REPLACED_BY = term("dct:isReplacedBy")
FORMER_TYPE = term("dct:type")
SOFTWARE_VERSION = term("sg:softwareVersion")
MODEL = term("sg:model")
FILE_NAME = term("schema:name")
SHA256 = term("schema:sha256")
FORMAT = term("dct:format")

# Corrections
CORRECTION = term("sg:Correction")
CORRECTED_BY = term("sg:correctedBy")
UNCORRECTED = term("sg:uncorrectedRun")
ACTION = term("sg:action")
SAID_BY = term("sg:saidBy")
GENERATED_AT = term("prov:generatedAtTime")
KIND = term("sg:kind")
NEW_KIND = term("sg:newKind")
ON_PAPER = term("sg:onPaper")
ON_CONCEPT = term("sg:onConcept")
INTO_CONCEPT = term("sg:intoConcept")

# Reports of runs
RUN_REPORT = term("sg:RunReport")
REPORTS = term("sg:reports")
NUMBER = term("sg:number")
OPERATION = term("sg:operation")
PAPERS_NEW = term("sg:papersNew")
PAPERS_CHANGED = term("sg:papersChanged")
PAPERS_UNCHANGED = term("sg:papersUnchanged")
PAPERS_REFUSED = term("sg:papersRefused")
TRIPLES_ADDED = term("sg:triplesAdded")
TRIPLES_REMOVED = term("sg:triplesRemoved")
REFUSED_RECORD = term("sg:RefusedRecord")
IN_REPORT = term("sg:inReport")
LINE = term("sg:line")
REASON = term("sg:reason")

XSD_DATE = term("xsd:date")
XSD_YEAR_MONTH = term("xsd:gYearMonth")
XSD_YEAR = term("xsd:gYear")
XSD_DATE_TIME = term("xsd:dateTime")
XSD_DECIMAL = term("xsd:decimal")
XSD_INTEGER = term("xsd:integer")
XSD_BOOLEAN = term("xsd:boolean")
XSD_STRING = term("xsd:string")


def names() -> list[str]:
    """
    Every term here by its prefixed name, in order, for people to choose from.

    >>> "dct:title" in names(), "xsd:date" in names()
    (True, True)
    """
    tables = [value.values() for value in globals().values() if isinstance(value, dict)]
    terms = {value for value in globals().values() if isinstance(value, NamedNode)}
    terms.update(value for values in tables for value in values if isinstance(value, NamedNode))
    starts = {start: prefix for prefix, start in PREFIXES.items()}
    found = (re.match(r"(.*[/#])(.+)", value.value) for value in terms)
    return sorted(f"{starts[m[1]]}:{m[2]}" for m in found if m and m[1] in starts)
