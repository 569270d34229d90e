"""Day cells: which business days of one touchpoint are told together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .release import Cell, DaySize, cells_of, want_company


@dataclass(frozen=True)
class DayCells:
    """The days of one touchpoint in some whole months."""

    sizes: Mapping[str, DaySize]
    cells: Sequence[Cell]
    """Of ratings."""
    mood_cells: Sequence[Cell]
    wants_company: bool
    """Whether days with enough have to be known to make cells of the others."""

    @classmethod
    def of(cls, sizes: Mapping[str, DaySize], smallest: int, running_month: str) -> "DayCells":
        """The cells of days of these sizes."""
        told = {day: size.told(smallest) for day, size in sizes.items()}
        apart = {day for day, size in sizes.items() if not size.tells_of_contacts(smallest)}
        faces = {day: size.faces for day, size in sizes.items()}
        return cls(
            sizes,
            cells_of(told, smallest, running_month, apart),
            cells_of(faces, smallest, running_month),
            want_company(told, smallest, running_month),
        )

    def without_months(self, months: Collection[str]) -> "DayCells":
        """Without the days of these months; their cells stay apart from other months' anyway."""
        if not months:
            return self
        sizes = {day: size for day, size in self.sizes.items() if day[:7] not in months}
        cells = [cell for cell in self.cells if cell[0][:7] not in months]
        return DayCells(sizes, cells, self.mood_cells, self.wants_company)

    def covered(self, day: str) -> int:
        """Responses of that day while the contact counter could see."""
        return self.sizes[day].responses - self.sizes[day].uncovered

    def alone(self) -> set[str]:
        """The days that are a cell of their own."""
        return {cell[0] for cell in self.cells if len(cell) == 1}

    def crossed(self, smallest: int) -> dict[str, int]:
        """The number of its cell by day, of the days that hours of the week may cross.

        A day that tells nothing per contact has too few responses that hours could tell of.
        """
        return {
            day: number
            for number, cell in enumerate(self.cells)
            for day in cell
            if self.sizes[day].tells_of_contacts(smallest)
        }
