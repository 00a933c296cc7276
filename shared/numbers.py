"""Numbers as text: however a source writes them, and as NUMERIC and STRING columns hold them."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

# NUMERIC holds 38 digits, 9 of them after the point.
NUMERIC_SCALE = 9
_NINTH_PLACE = Decimal(1).scaleb(-NUMERIC_SCALE)
_NUMERIC = Context(prec=38, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
# No number is written with more characters.
LONGEST_NUMBER = 400

_NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?\$?(?P<sign_after>[-+])?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE](?P<exponent>[-+]?\d{1,3}))?"
    r"(?P<percent>\s?%)?(?P<close>\))?"
)


def number_of(value: Any) -> Decimal | None:
    """A number however written; None for null and empty text."""
    if value is None:
        return None
    if isinstance(value, str):
        return _written(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("expected a number")
    return decimal_of(value)


def _written(text: str) -> Decimal | None:
    if not text:
        return None
    match = _NUMBER.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        raise ValueError("expected a number")
    signs = (match["sign"] or "") + (match["sign_after"] or "")
    if len(signs) > 1 or (signs and match["open"]):
        raise ValueError("expected a number with one sign")
    exponent = int(match["exponent"] or 0) - (2 if match["percent"] else 0)
    number = Decimal(f"{match['digits'].replace(',', '')}E{exponent}")
    return number.copy_negate() if signs == "-" or match["open"] else number


def decimal_of(value: float | Decimal) -> Decimal:
    # repr is the shortest text that denotes the float: 12.1, not 12.0999999999999996447.
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise ValueError("expected a finite number")
    return number


def numeric_text(number: Decimal) -> str:
    try:
        return plain_text(number.quantize(_NINTH_PLACE, context=_NUMERIC))
    except InvalidOperation as error:
        raise ValueError("expected a number of at most 29 digits before the point") from error


def rounded(text: str) -> str:
    """Round a plain number's text as NUMERIC is; one of at most 29 digits before the point."""
    return trimmed(f"{Decimal(text).quantize(_NINTH_PLACE, context=_NUMERIC):f}")


def plain_text(number: Decimal) -> str:
    """Without an exponent, trailing zeros or a negative zero."""
    text = f"{number:f}"
    return trimmed(text if "." in text else f"{text}.")


def trimmed(text: str) -> str:
    """A number's text that has a point, without the decimals that say nothing."""
    short = text.rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
