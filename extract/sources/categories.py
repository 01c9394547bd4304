"""
arXiv's subject classes by their second part alone.

Source: https://arxiv.org/category_taxonomy. Where two archives share a part, the one whose papers
this project is about wins (cs before the rest); a part shared by others only (CO, GN, TH) is left
as it is, since guessing would state something that the source did not.
"""

_PARTS = {
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE "
    "NI OH OS PF PL RO SC SD SE SI SY",
    "eess": "AS IV SP",
    "stat": "ME ML",
    "q-bio": "BM CB MN PE QM TO",
    "q-fin": "CP MF PM RM TR",
    "econ": "EM",
    "math": "AC AG AT CA CT FA GM HO KT MG NT OA OC PR QA RA RT SG",
    "astro-ph": "EP GA HE IM SR",
}
_NAMES = {part: f"{archive}.{part}" for archive, parts in _PARTS.items() for part in parts.split()}


def is_known(code: str) -> bool:
    """Whether *code* is a subject class's second part with one meaning here."""
    return code in _NAMES


def arxiv_name(code: str) -> str:
    """
    arXiv's full name of *code*; one that is not known stays as it is.

    >>> arxiv_name("CV"), arxiv_name("IV"), arxiv_name("soc-ph")
    ('cs.CV', 'eess.IV', 'soc-ph')
    """
    return _NAMES.get(code, code)


def arxiv_names(codes: str) -> tuple[str, ...]:
    """
    The names of one code, or of several that a page printed without space: 'CVLG' is two.

    >>> arxiv_names("CVLG")
    ('cs.CV', 'cs.LG')
    """
    pairs = [codes[i : i + 2] for i in range(0, len(codes), 2)]
    if len(codes) > 2 and all(pair in _NAMES for pair in pairs):
        return tuple(arxiv_name(pair) for pair in pairs)
    return (arxiv_name(codes),)
