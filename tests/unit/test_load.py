"""The loader: each row of each kind of file arrives, once; a bad file changes nothing."""

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import pytest
import yaml

from ingest import load as loader
from ingest.contract import Contract, read_contract
from ingest.errors import REFUSED, InputError
from ingest.files import open_file
from tests.unit.small_project import make_small_project

ROOT = Path(__file__).resolve().parents[2]
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
LINE = "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,United Kingdom"
FIELDS = HEADER.split(",")
Load = Callable[..., list[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project of this one's sources and vars and nothing else, which parses fast."""
    return make_small_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("DUCKDB_PATH", str(path))
    monkeypatch.delenv("DBT_TARGET", raising=False)
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    return path


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return {}


@pytest.fixture
def load(
    project: Path,
    database: Path,
    contracts: dict[str, Contract],
    monkeypatch: pytest.MonkeyPatch,
) -> Load:
    def read_once(target: str, given: dict[str, Any], folder: Path) -> Contract:
        key = yaml.safe_dump([target, given])
        if key not in contracts:
            contracts[key] = read_contract(target, given, folder)
        return contracts[key]

    monkeypatch.setattr(loader, "read_contract", read_once)

    def run(path: Path, source: str = "online_retail", **given: Any) -> list[str]:
        return loader.load(
            source, path, vars_text=yaml.safe_dump(given) if given else "", project_dir=project
        )

    return run


@pytest.fixture
def query(database: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def run(statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(statement).fetchall()

    return run


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """Write a small workbook: text, numbers, and date-times as the numbers that Excel keeps."""

    def cell(value: Any) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, datetime):
            days = (value - datetime(1899, 12, 30)).total_seconds() / 86400
            return f'<c s="1"><v>{days!r}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value!r}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    office = "http://schemas.openxmlformats.org"
    main = f'xmlns="{office}/spreadsheetml/2006/main"'
    relation = f"{office}/officeDocument/2006/relationships"
    package = f'xmlns="{office}/package/2006/relationships"'
    parts = range(1, len(sheets) + 1)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types"/>'
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships {package}><Relationship Id="r1" Type="{relation}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(
            f'<sheet name="{name}" sheetId="{part}" r:id="r{part}"/>'
            for part, name in zip(parts, sheets, strict=True)
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook {main} xmlns:r="{relation}"><sheets>{names}</sheets></workbook>',
        )
        targets = "".join(
            f'<Relationship Id="r{part}" Type="{relation}/worksheet" '
            f'Target="worksheets/sheet{part}.xml"/>'
            for part in parts
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships {package}>{targets}</Relationships>"
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet {main}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/>'
            "</cellXfs></styleSheet>",
        )
        for part, rows in zip(parts, sheets.values(), strict=True):
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            book.writestr(
                f"xl/worksheets/sheet{part}.xml",
                f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>",
            )
    return path


def test_csv_with_quotes_newlines_and_byte_order_mark_arrives_as_text(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    text = (
        f"\ufeff {HEADER} \r\n"
        '489434,85048,"12"" BALL, RED\nGLASS",012,2009-12-01 07:45:00,6.950,,France\r\n'
        "\r\n"
        f"{LINE}\r\n"
    )
    first = ("489434", "85048")
    lines = load(write(tmp_path / "lines.csv", text))
    assert "rows read 2, rows landed 2" in lines[0]
    assert query("from online_retail.online_retail_lines order by Country") == [
        (*first, '12" BALL, RED\nGLASS', "012", "2009-12-01 07:45:00", "6.950", None, "France"),
        tuple(LINE.split(",")),
    ]


def test_gzipped_csv_with_other_delimiter_and_older_spellings_is_renamed(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    header = "INVOICENO; stockcode;Description;Quantity;InvoiceDate;UnitPrice;customer_id;Country;X"
    path = tmp_path / "lines.csv.gz"
    path.write_bytes(gzip.compress(f"{header}\n{LINE.replace(',', ';')};extra\n".encode()))
    load(path)
    with_extra = [*FIELDS, "X"]
    described = query("describe online_retail.online_retail_lines")
    assert [(row[0], row[1]) for row in described] == [(name, "VARCHAR") for name in with_extra]
    assert query("from online_retail.online_retail_lines") == [(*LINE.split(","), "extra")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_told_from_utf8(
    encoding: str, tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    text = f"{HEADER}\n{LINE.replace('LIGHTS', 'CAFÉ')}\n"
    load(write(tmp_path / "lines.csv", text, encoding))
    assert query("select Description from online_retail.online_retail_lines") == [("CAFÉ",)]


def test_code_page_that_is_not_known_is_refused(tmp_path: Path, load: Load) -> None:
    text = f"{HEADER}\n{LINE.replace('LIGHTS', '“LIGHTS”')}\n"
    with pytest.raises(InputError, match="neither UTF-8 nor Latin-1"):
        load(write(tmp_path / "lines.csv", text, "cp1252"))


def test_parquet_keeps_its_types(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    path = tmp_path / "lines.parquet"
    query_text = """
        select '1' as Invoice, 'a' as StockCode, null as Description, 2 as Quantity,
            timestamp '2010-01-01 10:00:00' as InvoiceDate, 1.25::decimal(12, 3) as Price,
            7 as "Customer ID", 'France' as Country
    """
    duckdb.execute(f"copy ({query_text}) to '{path}' (format parquet)")
    load(path)
    kinds = dict(
        query("select column_name, column_type from (describe online_retail.online_retail_lines)")
    )
    assert kinds["Quantity"] == "INTEGER"
    assert kinds["InvoiceDate"] == "TIMESTAMP"
    assert kinds["Price"] == "DECIMAL(12,3)"


def test_all_sheets_of_a_workbook_arrive_as_text(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    reordered = ["Country", *FIELDS[:-1]]
    path = write_workbook(
        tmp_path / "lines.xlsx",
        {
            "2009": [
                FIELDS,
                [489434.0, "79323P", "LIGHTS", 12, datetime(2009, 12, 1, 7, 45), 6.95, None, "UK"],
                [None] * 8,
            ],
            "notes": [],
            "2010": [
                reordered,
                ["France", "C1", 85048.0, "A & B", -1.0, datetime(2010, 1, 2), 0.00001, 7.0],
            ],
        },
    )
    lines = load(path)
    assert "rows read 2, rows landed 2" in lines[0]
    assert query("from online_retail.online_retail_lines order by sheet") == [
        ("489434", "79323P", "LIGHTS", "12", "2009-12-01 07:45:00", "6.95", None, "UK", "2009"),
        ("C1", "85048", "A & B", "-1", "2010-01-02", "0.00001", "7", "France", "2010"),
    ]


def test_sheet_with_other_columns_is_refused(tmp_path: Path, load: Load) -> None:
    path = write_workbook(
        tmp_path / "lines.xlsx", {"a": [FIELDS, LINE.split(",")], "b": [["Note"], ["hello"]]}
    )
    with pytest.raises(InputError, match="sheet b has the columns Note"):
        load(path)


def test_second_load_replaces_the_first(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    path = write(tmp_path / "lines.csv", f"{HEADER}\n{LINE}\n{LINE}\n")
    load(path)
    load(path)
    assert query("select count(*) from online_retail.online_retail_lines") == [(2,)]


BAD_FILES = {
    "missing column": (
        HEADER.replace("Price", "Cost") + f"\n{LINE}\n",
        "lacks the column Price .* it has Invoice, .*Cost",
    ),
    "two spellings of one column": (
        f"{HEADER},InvoiceNo\n{LINE},1\n",
        "Invoice, InvoiceNo, which all mean Invoice",
    ),
    "column twice": (f"{HEADER},country\n{LINE},x\n", "has the column 'country' twice"),
    "field too few": (f"{HEADER}\n{LINE}\n1,2,3\n", "line 3: 3 fields where the header has 8"),
    "field too many": (f"{HEADER}\n{LINE},x\n", "line 2: 9 fields where the header has 8"),
    "open quote": (f'{HEADER}\n"{LINE}\n', "unexpected end of data; mend the quotes"),
    "text after a quote": (f'{HEADER}\n"48"9{LINE}\n', "line 2: .*; mend the quotes"),
    "no rows": (f"{HEADER}\n", "has no row under its header"),
    "nothing at all": ("", "is empty; it needs a header"),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_bad_file_is_refused_and_leaves_the_earlier_load(
    fault: str, tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    load(write(tmp_path / "good.csv", f"{HEADER}\n{LINE}\n"))
    text, message = BAD_FILES[fault]
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "bad.csv", text))
    assert query("from online_retail.online_retail_lines") == [tuple(LINE.split(","))]


def test_fault_found_while_landing_leaves_the_earlier_load(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    load(write(tmp_path / "good.csv", f"{HEADER}\n{LINE}\n"))
    rows = [FIELDS, *[LINE.split(",")] * 10]
    bad = write_workbook(tmp_path / "bad.xlsx", {"a": rows, "b": [["Note"], ["hello"]]})
    with pytest.raises(InputError, match="sheet b"):
        load(bad)
    assert query("select count(*) from online_retail.online_retail_lines") == [(1,)]


def test_row_lost_on_the_way_is_noticed(
    tmp_path: Path,
    load: Load,
    query: Callable[[str], list[tuple[Any, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write(tmp_path / "lines.csv", f"{HEADER}\n{LINE}\n{LINE}\n")
    load(path)
    whole = open_file

    def losing(*given: Any) -> Any:
        file = whole(*given)
        monkeypatch.setattr(file, "batches", lambda **_: iter(()))
        return file

    monkeypatch.setattr(loader, "open_file", losing)
    with pytest.raises(InputError, match="has 2 rows and 0 arrived"):
        load(path)
    assert query("select count(*) from online_retail.online_retail_lines") == [(2,)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "there is no file"),
        ("lines.txt", b"x", "none of the known endings"),
        ("lines.xlsx", b"x", "cannot be read as .xlsx"),
        ("lines.parquet", b"x", "cannot be read as .parquet"),
        ("lines.csv.gz", b"x,y\n", "cannot be read as .csv.gz"),
    ],
)
def test_file_of_the_wrong_kind_is_refused(
    name: str, content: bytes | None, message: str, tmp_path: Path, load: Load
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load(tmp_path / name)


def test_unknown_source_target_and_var_are_refused(
    tmp_path: Path, load: Load, project: Path
) -> None:
    path = write(tmp_path / "lines.csv", f"{HEADER}\n{LINE}\n")
    with pytest.raises(
        InputError, match="no connector 'shop'; the connectors are dw, online_retail"
    ):
        load(path, "shop")
    with pytest.raises(InputError, match="no connector 'shop'"):
        load(path, connectors=["shop"])
    with pytest.raises(InputError, match=r"no var 'conectors'.* did you mean 'connectors'"):
        load(path, conectors=["dw"])
    with pytest.raises(InputError, match="no target 'oracle'"):
        loader.load("online_retail", path, "oracle", project_dir=project)
    with pytest.raises(InputError, match="not a mapping"):
        loader.load("online_retail", path, vars_text="[1]", project_dir=project)


@pytest.mark.parametrize(
    ("column_map", "message"),
    [
        ({"dw_items": {}}, "names the table 'dw_items'"),
        ({"dw_item": {"colour": "x"}}, "names the column 'colour' of dw_item"),
        ({"dw_item": "items"}, "no mapping under 'dw_item'"),
        ({"dw_item": {"table": None}}, "to None, which is no name"),
    ],
)
def test_map_that_names_what_is_not_there_is_refused(
    column_map: Any, message: str, tmp_path: Path, load: Load
) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, "dw", dw_columns=column_map)


DW_FILES = {
    "dw_invoice_header.csv": "invoice_no_365,customer_code_365,invoice_date,invoice_type,"
    "total_grand\nI1,C1,2024-01-01,sale,10\n",
    "dw_invoice_line.csv": "id,invoice_no_365,item_code_365,quantity,line_total_incl\n"
    "1,I1,A,1,10\n",
    "items.csv": "ITEM_CODE_365,label,category_code\nA,Apple,fruit\n",
}
DW_MAP = {"dw_item": {"table": "items", "item_description": "label", "unit_cost": None}}


def write_folder(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        write(folder / name, text)
    return folder


def test_folder_is_loaded_under_the_names_of_the_map(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    folder = write_folder(tmp_path / "dw", DW_FILES)
    lines = load(folder, "dw", dw_columns=DW_MAP, dw_schema="erp")
    assert [line.split(":")[0] for line in lines[:3]] == [
        "erp.dw_invoice_header",
        "erp.dw_invoice_line",
        "erp.items",
    ]
    assert query("select item_code_365, label from erp.items") == [("A", "Apple")]
    remarks = "\n".join(lines[3:])
    assert "dw_item came without the columns item_length," in remarks
    assert "unit_cost" not in remarks
    assert "dw_customer came without a file" in remarks


def test_folder_is_loaded_whole_or_not_at_all(
    tmp_path: Path, load: Load, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    folder = write_folder(tmp_path / "dw", DW_FILES)
    load(folder, "dw", dw_columns=DW_MAP)
    changed = DW_FILES["dw_invoice_header.csv"].replace("C1", "C2")
    lines = DW_FILES["dw_invoice_line.csv"].splitlines()[0]
    write_folder(folder, {"dw_invoice_header.csv": changed, "dw_invoice_line.csv": lines})
    with pytest.raises(InputError, match="without dw_invoice_line there is nothing to count"):
        load(folder, "dw", dw_columns=DW_MAP)
    assert query("select customer_code_365 from dw.dw_invoice_header") == [("C1",)]
    assert query("select count(*) from dw.dw_invoice_line") == [(1,)]


def test_folder_without_a_required_table_is_refused(tmp_path: Path, load: Load) -> None:
    folder = write_folder(tmp_path / "dw", DW_FILES)
    with pytest.raises(InputError, match=r"no file for the required table dw_item; it has .*items"):
        load(folder, "dw")
    with pytest.raises(InputError, match="is a file; name the folder"):
        load(folder / "items.csv", "dw")
    write_folder(folder, {"dw_item.csv": DW_FILES["items.csv"]})
    with pytest.raises(InputError, match="more than one file for dw_item"):
        load(folder, "dw", dw_columns=DW_MAP)


def test_database_that_another_process_holds_is_told(
    tmp_path: Path, load: Load, database: Path
) -> None:
    path = write(tmp_path / "lines.csv", f"{HEADER}\n{LINE}\n")
    hold = f"import duckdb; c = duckdb.connect({str(database)!r}); print('held'); input()"
    with holding(hold), pytest.raises(InputError, match="in use by another process"):
        load(path)


class holding:
    """A Python process that runs a statement, says so, and waits."""

    def __init__(self, statement: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", statement], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.communicate(b"\n")


def test_fault_is_one_sentence_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = loader.main(["--source", "online_retail", "--file", "", "--target", ""])
    out, err = capsys.readouterr()
    assert (code, out) == (REFUSED, "")
    assert err == (
        "Error: name what to load, as in make load SOURCE=online_retail FILE=lines.csv.\n"
    )


@pytest.fixture(autouse=True)
def _stay_here() -> Iterator[None]:
    """The command leaves the working directory as it was."""
    here = Path.cwd()
    yield
    assert Path.cwd() == here
