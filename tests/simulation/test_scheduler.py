"""Tasks take turns on one thread and a virtual clock."""

import pytest

from tests.simulation.scheduler import Scheduler


def test_tasks_take_turns_in_the_order_of_their_time() -> None:
    scheduler = Scheduler()
    seen: list[str] = []

    def task(name: str, seconds: float) -> None:
        for _ in range(2):
            scheduler.pause(seconds)
            seen.append(f"{name} {scheduler.now - scheduler.began:g}")

    scheduler.start("slow", lambda: task("slow", 3.0))
    scheduler.start("fast", lambda: task("fast", 2.0))
    scheduler.run()
    assert seen == ["fast 2", "slow 3", "fast 4", "slow 6"]


def test_who_waits_goes_on_when_notified_or_when_the_time_is_over() -> None:
    scheduler = Scheduler()
    answers: list[bool] = []
    scheduler.start("patient", lambda: answers.append(scheduler.wait("it", 60.0)))
    scheduler.start("hasty", lambda: answers.append(scheduler.wait("it", 1.0)))

    def notify() -> None:
        scheduler.pause(5.0)
        scheduler.notify("it")

    scheduler.start("notifier", notify)
    scheduler.run()
    assert answers == [False, True]
    assert scheduler.now - scheduler.began == 5.0


def test_a_killed_task_stops_where_it_is_and_cleans_nothing_up() -> None:
    scheduler = Scheduler()
    seen: list[str] = []

    def victim() -> None:
        try:
            scheduler.pause(10.0)
            seen.append("went on")
        finally:
            if not scheduler.is_closed:
                seen.append("cleaned up")

    task = scheduler.start("victim", victim)
    scheduler.pause(1.0)
    scheduler.start("killer", lambda: scheduler.kill(task))
    scheduler.run()
    assert seen == []
    scheduler.close()
    assert seen == []


def test_what_a_task_raises_comes_out_of_the_run() -> None:
    scheduler = Scheduler()
    scheduler.start("broken", lambda: [][0])
    with pytest.raises(IndexError):
        scheduler.run()


def test_a_task_that_is_completed_gives_its_result() -> None:
    scheduler = Scheduler()

    def work() -> str:
        scheduler.pause(3.0)
        return "done"

    assert scheduler.complete("work", work) == "done"
