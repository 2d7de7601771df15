"""What figures look like: their marks, and what may stand before and behind them."""

from __future__ import annotations

# ISO 4217, the codes in use.
CODES = (
    "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|"
    "BZD|CAD|CDF|CHF|CLP|CNY|COP|CRC|CUP|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|"
    "GIP|GMD|GNF|GTQ|GYD|HKD|HNL|HTG|HUF|IDR|ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|KPW|KRW|"
    "KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|"
    "NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|PKR|PLN|PYG|QAR|RON|RSD|RUB|RWF|SAR|SBD|SCR|SDG|SEK|SGD|"
    "SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|UYU|UZS|VES|"
    "VND|VUV|WST|XAF|XCD|XOF|XPF|YER|ZAR|ZMW|ZWL"
)

_SPACE = r"[\s\x{A0}\x{2009}\x{202F}]*"
_CURRENCY = rf"(?:\p{{Sc}}|{CODES}|kr\.?|zł|Kč|Fr\.?)"
HEAD = rf"(?i){_SPACE}[-+(]?{_SPACE}{_CURRENCY}?{_SPACE}[-+(]?{_SPACE}"
# `12,-` is twelve; CR and H (Haben) are credit, so negative; DR and S (Soll) are debit.
TAIL = (
    rf"(?i)(?:[.,]-)?{_SPACE}\)?{_SPACE}{_CURRENCY}?{_SPACE}\)?{_SPACE}"
    rf"(?:[-+]|cr|dr|[cdhs])?{_SPACE}{_CURRENCY}?{_SPACE}"
)
_SPACES = r"[ \x{A0}\x{2009}\x{202F}]"
_THOUSANDS = {".": r"\.", ",": ",", "'": "['’]", "’": "['’]", " ": _SPACES}


def shape(mark: str, thousands: str | None = None) -> str:
    """The regular expression of a figure with this decimal mark: groups of three, all by the same mark.

    `thousands` allows that mark alone between groups. A first group that begins with 0 is none: so `0.123`
    can only be a decimal.
    """
    marks = [thousands] if thousands else [other for other in (".", ",", "'", " ") if other != mark]
    groups = "|".join(f"(?:{_THOUSANDS.get(one, one)}\\d{{3}})+" for one in marks)
    decimal = f"[{mark}]"
    return rf"(?:\d+|[1-9]\d{{0,2}}(?:{groups}))(?:{decimal}\d+)?|{decimal}\d+"
