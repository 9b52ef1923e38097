"""Columns of every type with the JSON of their values and what must come out, and values that must not go in."""
import dataclasses
import datetime
import random
import struct
from datetime import date, time
from decimal import Decimal
from typing import Any

from auditor import Expected, Kind
from produce import Message

UTC = datetime.timezone.utc


def moment(*parts: int, tz=UTC) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=tz)


def local(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts)


def float32(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    type: Any                       # a type's text, or the mapping's long form without the name
    good: list[tuple[str, Any]]     # JSON text of the value, what the table must hold
    bad: list[str]                  # JSON text of values that make an error of the message
    rules: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def mapping(self) -> dict:
        shape = self.type if isinstance(self.type, dict) else {"type": self.type}
        return {"name": self.name, **shape, **self.rules}


def parsed(parse: str) -> dict:
    return {"parse": parse}


LONG_TEXT = "0123456789abcdef" * 5000

COLUMNS = [
    Column("boolean", "boolean", [("true", True), ("false", False)], ["1", '"true"', "[]"]),
    Column("boolean_text", "boolean", [('"true"', True), ('"false"', False)], ['"yes"'], parsed("text")),
    Column("int", "int", [("0", 0), ("-2147483648", -2147483648), ("2147483647", 2147483647), ("10.0", 10),
                          ("1e1", 10), ("-0", 0)], ["2147483648", "3000000000", "1.5", '"12"', "true", "{}", "1e30"]),
    Column("int_text", "int", [('"12"', 12), ('"-7"', -7)], ['"12a"', '""', '"1.5"'], parsed("text")),
    Column("long", "long", [("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -2**63),
                            ("9007199254740993", 2**53 + 1)], ["9223372036854775808", "0.5", '"1"']),
    Column("float", "float", [("1.5", 1.5), ("0.1", float32(0.1)), ("-3.25", -3.25), ("16777216", 16777216.0)],
           ["1e39", '"1"', "false"]),
    Column("double", "double", [("0.1", 0.1), ("1e308", 1e308), ("5e-324", 5e-324), ("-2.5", -2.5),
                                ("9007199254740992", 2.0**53), ("3", 3.0)], ["1e309", "9007199254740993", '"0.1"']),
    Column("double_text", "double", [('"0.1"', 0.1)], ['"zero"'], parsed("text")),
    Column("decimal_9_2", "decimal(9,2)", [("1234567.89", Decimal("1234567.89")), ("-0.01", Decimal("-0.01")),
                                           ("5", Decimal("5.00")), ("1.50", Decimal("1.50")), ("1e1", Decimal("10.00")),
                                           ("1.500", Decimal("1.50"))], ["1.234", "12345678", "true"]),
    Column("decimal_18_0", "decimal(18,0)", [("999999999999999999", Decimal("999999999999999999"))],
           ["1000000000000000000", "0.1"]),
    Column("decimal_38_10", "decimal(38,10)",
           [("1234567890123456789012345678.0123456789", Decimal("1234567890123456789012345678.0123456789")),
            ("-0.0000000001", Decimal("-0.0000000001"))], ["0.00000000001"]),
    Column("date", "date", [('"2024-02-29"', date(2024, 2, 29)), ('"1969-12-31"', date(1969, 12, 31)),
                            ('"0001-01-01"', date(1, 1, 1)), ('"9999-12-31"', date(9999, 12, 31))],
           ['"2023-02-29"', '"2024-2-9"', "20000", '"yesterday"']),
    Column("date_days", "date", [("0", date(1970, 1, 1)), ("-1", date(1969, 12, 31)), ("19782", date(2024, 2, 29))],
           ["0.5", '"19782"'], parsed("unix_days")),
    Column("date_pattern", "date", [('"29/02/2024"', date(2024, 2, 29))], ['"2024-02-29"'], parsed("%d/%m/%Y")),
    Column("time", "time", [('"23:59:59.999999"', time(23, 59, 59, 999999)), ('"00:00"', time(0, 0)),
                            ('"12:34:56"', time(12, 34, 56))], ['"24:00:00"', '"noon"']),
    Column("timestamp", "timestamp", [('"2024-02-29T12:34:56.789012"', local(2024, 2, 29, 12, 34, 56, 789012)),
                                      ('"1969-12-31 23:59:59.999999"', local(1969, 12, 31, 23, 59, 59, 999999))],
           ['"2024-02-29T12:34:56Z"', '"2024-02-29"', "1"]),
    Column("timestamptz", "timestamptz", [('"2024-02-29T12:34:56+02:00"', moment(2024, 2, 29, 10, 34, 56)),
                                          ('"2024-02-29T12:34:56.5Z"', moment(2024, 2, 29, 12, 34, 56, 500000)),
                                          ('"1901-01-01T00:00:00.000001Z"', moment(1901, 1, 1, 0, 0, 0, 1))],
           ['"2024-02-29T12:34:56"', "1700000000", '"2024-02-29T25:00:00Z"']),
    Column("unix_seconds", "timestamptz", [("1700000000", moment(2023, 11, 14, 22, 13, 20)),
                                           ("1700000000.25", moment(2023, 11, 14, 22, 13, 20, 250000))],
           ['"1700000000"'], parsed("unix_seconds")),
    Column("unix_millis", "timestamptz", [("1700000000123", moment(2023, 11, 14, 22, 13, 20, 123000)),
                                          ("-1", moment(1969, 12, 31, 23, 59, 59, 999000))],
           ["true", "1e300"], parsed("unix_millis")),
    Column("unix_micros", "timestamptz", [("1700000000123456", moment(2023, 11, 14, 22, 13, 20, 123456))],
           ["[]"], parsed("unix_micros")),
    Column("unix_nanos", "timestamptz", [("1700000000123456789", moment(2023, 11, 14, 22, 13, 20, 123456)),
                                         ("-1", moment(1969, 12, 31, 23, 59, 59, 999999))],
           ["{}"], parsed("unix_nanos")),
    Column("time_pattern", "timestamp", [('"29.02.2024 12:34:56"', local(2024, 2, 29, 12, 34, 56))],
           ['"30.02.2024 12:34:56"'], parsed("%d.%m.%Y %H:%M:%S")),
    Column("string", "string", [('""', ""), ('"é中🧊"', "é中🧊"), (r'"\u00e9\ud83e\uddca\n\"\\\/"', 'é🧊\n"\\/'),
                                (r'"a\u0000b"', "a\0b"), (f'"{LONG_TEXT}"', LONG_TEXT)], ["12", "true", "{}", "[]"]),
    Column("string_text", "string", [('"as it is"', "as it is"), ("12", "12"), ("true", "true"), ("1.50", "1.50")],
           ["{}", "[1]"], parsed("text")),
    Column("string_json", "string", [('{"a":[1,2,{"b":null}]}', '{"a":[1,2,{"b":null}]}'), ("12", "12"),
                                     ('"x"', '"x"'), ("[]", "[]")], [], parsed("json")),
    Column("uuid", "uuid", [('"00112233-4455-6677-8899-aabbccddeeff"', "00112233-4455-6677-8899-aabbccddeeff"),
                            ('"FFFFFFFF-ffff-4fff-bfff-ffffffffffff"', "ffffffff-ffff-4fff-bfff-ffffffffffff")],
           ['"00112233445566778899aabbccddee"', '"x"', "1"]),
    Column("fixed", "fixed[4]", [('"AAECAw=="', b"\0\1\2\3")], ['"AAEC"', '"%%%%"']),
    Column("fixed_hex", "fixed[2]", [('"00ff"', b"\0\xff"), ('"AB12"', b"\xab\x12")], ['"00"', '"zzzz"'], parsed("hex")),
    Column("binary", "binary", [('""', b""), ('"AP8="', b"\0\xff")], ['"*"', "1"]),
    Column("binary_utf8", "binary", [('"é"', "é".encode())], ["{}"], parsed("utf8")),
    Column("struct", "struct<a: int, b: struct<c: string, d: double>>",
           [('{"a":1,"b":{"c":"x","d":0.5}}', {"a": 1, "b": {"c": "x", "d": 0.5}}),
            ('{"b":{"d":null},"more":[1]}', {"a": None, "b": {"c": None, "d": None}}),
            ('{"a":2,"b":null}', {"a": 2, "b": None}), ("{}", {"a": None, "b": None})],
           ["5", "[]", '{"a":"1"}', '{"b":{"c":1}}']),
    Column("list", "list<long>", [("[]", []), ("[1,null,3]", [1, None, 3])], ["{}", '["1"]', "[1.5]"]),
    Column("list_of_lists", "list<list<string>>", [('[["a"],[],null,["b","c"]]', [["a"], [], None, ["b", "c"]])],
           ['["a"]', "[[1]]"]),
    Column("list_of_structs", "list<struct<product_id: int, quantity: int, unit_price: double>>",
           [('[{"product_id":1,"quantity":2,"unit_price":9.99},{"product_id":2}]',
             [{"product_id": 1, "quantity": 2, "unit_price": 9.99},
              {"product_id": 2, "quantity": None, "unit_price": None}]), ("[]", [])],
           ['[{"product_id":1},{"product_id":4294967296}]', "[1]"]),
    Column("map", "map<string, long>", [("{}", {}), ('{"a":1,"b":null}', {"a": 1, "b": None})],
           ["[]", '{"a":"x"}', '{"a":1.5}']),
    Column("map_of_lists", "map<string, list<double>>", [('{"x":[0.5,1],"":[]}', {"x": [0.5, 1.0], "": []})],
           ['{"x":0.5}']),
    Column("long_form", {"type": "list", "element": {"type": "struct", "fields": [
        {"name": "at", "type": "timestamptz", "parse": "unix_millis"}, {"name": "n", "type": "int", "required": True}]}},
           [('[{"at":1700000000123,"n":1},{"n":2}]',
             [{"at": moment(2023, 11, 14, 22, 13, 20, 123000), "n": 1}, {"at": None, "n": 2}])],
           ['[{"at":1}]', '[{"at":"x","n":1}]']),
]

# So many rows of all types hold each of their values.
ROWS = 2 * max(len(column.good) for column in COLUMNS) + 4


def row_of_all_types(number: int) -> Expected:
    """Each column's values in turn; now and then null, now and then missing."""
    members, row = [], {}
    for index, column in enumerate(COLUMNS):
        turn = (number + index) % (len(column.good) + 2)
        text, value = (column.good + [("null", None), ("", None)])[turn]
        row[column.name] = value
        if text:
            members.append(f'"{column.name}" :{text}' if number % 2 else f'"{column.name}":\n {text}')
    random.Random(number).shuffle(members)
    message = Message("{".encode() + ",".join(members).encode() + b"}", key=None if number % 2 else b"\0key\xff",
                      headers=(("trace", b"\1\2"), ("empty", None), ("trace", b"")) if number % 3 else (),
                      timestamp_ms=1_700_000_000_000 + number)
    return Expected(message, Kind.ROW, row=row)
