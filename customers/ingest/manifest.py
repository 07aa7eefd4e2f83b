"""What is published of the sources: the parts of every entity, and how far each of its feeds was read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .parts import Part


@dataclass(frozen=True)
class Entity:
    """What is published of one entity."""

    definition: str = ""  #: digest of its contract and feeds; with another one it is read anew
    parts: tuple[Part, ...] = ()
    gone: Part | None = None  #: which rows of the parts are replaced or taken back
    aside: Part | None = None  #: rows that broke a rule, or wait
    waiting: int = 0  #: rows among them that refer to something not known yet
    marks: Mapping[str, Any] = field(default_factory=dict)  #: origin -> how far it was read
    files: tuple[str, ...] = ()  #: origins that are files

    @property
    def rows(self) -> int:
        return sum(part.rows - part.gone for part in self.parts)

    @property
    def set_aside(self) -> int:
        """Rows that broke a rule, and those that wait."""
        return self.aside.rows if self.aside is not None else 0

    @property
    def faulty(self) -> int:
        return self.set_aside - self.waiting

    @property
    def all_parts(self) -> Iterator[Part]:
        yield from self.parts
        yield from (part for part in (self.gone, self.aside) if part is not None)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Entity":
        parts = tuple(Part.of(part) for part in said["parts"])
        others = {name: Part.of(said[name]) if said[name] else None for name in ("gone", "aside")}
        return cls(**{**said, **others, "parts": parts, "files": tuple(said["files"])})


@dataclass(frozen=True)
class Touched:
    """The units that the rows of one reading concern; `part` None: all."""

    number: int
    part: Part | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Touched":
        return cls(said["number"], Part.of(said["part"]) if said["part"] else None)


@dataclass(frozen=True)
class Manifest:
    """Everything that is published of a campaign's sources."""

    number: int = 0  #: how often it was published
    entities: Mapping[str, Entity] = field(default_factory=dict)
    touched: Sequence[Touched] = ()  #: of the latest readings, the newest last
    erasures: int = 0  #: how many erasures these parts know of

    @property
    def files(self) -> Iterator[str]:
        """Every file that is in use."""
        for entity in self.entities.values():
            yield from (part.file for part in entity.all_parts)
        yield from (touched.part.file for touched in self.touched if touched.part is not None)

    def as_dict(self) -> dict[str, Any]:
        entities = {name: asdict(entity) for name, entity in self.entities.items()}
        touched = [asdict(one) for one in self.touched]
        return {"entities": entities, "touched": touched, "erasures": self.erasures}

    @classmethod
    def of(cls, number: int, said: Mapping[str, Any]) -> "Manifest":
        """Back from `as_dict`."""
        entities = {name: Entity.of(entity) for name, entity in said["entities"].items()}
        return cls(number, entities, tuple(Touched.of(one) for one in said["touched"]), said["erasures"])
