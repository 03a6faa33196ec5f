"""What is on its way into a warehouse."""

from dataclasses import dataclass

from ingest.contract import Table
from ingest.files import RawFile


@dataclass(frozen=True)
class Landing:
    """A file on its way into a table, under the names its columns shall have there."""

    table: Table
    file: RawFile
    columns: list[str]
