from pathlib import Path

from deploy.imports import imported


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path) -> set[str]:
    return set(imported(folder / "main.py", [folder]))


def test_imports_are_followed_whatever_their_form(tmp_path: Path) -> None:
    write(
        tmp_path,
        main="import own\nfrom shared import first\nfrom shared.second import thing\nimport json",
        own="",
        shared__first="def late():\n    from shared.third import other\n",
        shared__second="",
        shared__third="",
        shared__never="",
    )
    assert names(tmp_path) == {
        "main.py",
        "own.py",
        "shared/first.py",
        "shared/second.py",
        "shared/third.py",
    }


def test_a_packages_own_file_comes_with_its_modules(tmp_path: Path) -> None:
    write(tmp_path, main="import a.b.c", a__b__c="", d="")
    (tmp_path / "a" / "__init__.py").write_text("import d")
    assert names(tmp_path) == {"main.py", "a/__init__.py", "a/b/c.py", "d.py"}


def test_files_that_import_one_another_are_found_once(tmp_path: Path) -> None:
    write(tmp_path, main="import one", one="import two", two="import one")
    assert names(tmp_path) == {"main.py", "one.py", "two.py"}


def test_a_file_has_the_name_that_it_is_imported_by(tmp_path: Path) -> None:
    own = tmp_path / "functions" / "load"
    write(own, main="import beside\nfrom functions.load import loading", beside="", loading="")
    assert set(imported(own / "main.py", [own, tmp_path])) == {
        "main.py",
        "beside.py",
        "functions/load/loading.py",
    }
