"""What the local services have in common: started, stopped, and good for a `with` block."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Service(ABC):
    """Something that runs between `start` and `stop`."""

    @abstractmethod
    def start(self) -> Self:
        """Run; returns once clients are answered."""

    @abstractmethod
    def stop(self) -> None:
        """Stop, and wait until it has."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
