"""Rewrites Flink SQL with row filters and column masks before it is submitted, or refuses with a reason.

``Engine`` holds the rules; ``Engine.rewrite`` returns what may be submitted, or raises ``Denied``. Nothing in between: a reply without SQL never looks like one with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Optional, Union

from ._native import Native, NativeError, __version__

__all__ = ["Denied", "Engine", "Reply", "Refusal", "SqlsecError", "__version__", "rewrite"]

#: A path, as `open` takes it.
Path = Union[str, "os.PathLike[str]"]
#: Text, whole number, truth, or a list of them.
Attribute = Union[str, int, bool, Sequence[Union[str, int, bool]]]


class SqlsecError(Exception):
    """Nothing was decided: for the operator. ``code`` is one of those of the C ABI."""

    def __init__(self, error: Mapping[str, Any]):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        #: The stable code, such as ``policy-invalid``.
        self.code: str = error.get("code", "internal")
        #: What is wrong, in words.
        self.message: str = error.get("message", "")
        #: The file or document that it is about; empty when none is.
        self.origin: str = error.get("origin", "")
        #: The line there, from 1; 0 when none is known.
        self.line: int = error.get("line", 0)
        #: The column there, from 1; 0 when none is known.
        self.column: int = error.get("column", 0)


@dataclass(frozen=True)
class Refusal:
    """One reason for a refusal, for the submitter: it tells nothing of the policy."""

    #: The stable code (docs/errors.md).
    code: str
    #: What is wrong, in words.
    message: str
    #: The number of the statement, from 0.
    statement: int
    #: The line in the submitted script, from 1.
    line: int
    #: The column there, from 1.
    column: int


class Denied(Exception):
    """The script may not be submitted."""

    def __init__(self, reply: "Reply"):
        first = reply.errors[0]
        super().__init__(f"{first.code}: {first.message} (line {first.line}, column {first.column})")
        #: All reasons; never empty.
        self.errors: tuple[Refusal, ...] = reply.errors
        #: The whole reply.
        self.reply: Reply = reply


@dataclass(frozen=True)
class Reply:
    """What was decided (schema/reply.json)."""

    #: Whether the script may be submitted in its protected form.
    allowed: bool
    #: The reasons where it may not.
    errors: tuple[Refusal, ...]
    #: The whole document.
    document: Mapping[str, Any]

    @property
    def sql(self) -> str:
        """The protected script. Raises ``Denied`` where there is none: the submitted text is never handed back."""
        if not self.allowed:
            raise Denied(self)
        return str(self.document["sql"])

    @property
    def session(self) -> Mapping[str, Any]:
        """The state of the session, for the next request of the same person."""
        if not self.allowed:
            raise Denied(self)
        session: Mapping[str, Any] = self.document["session"]
        return session

    @property
    def statements(self) -> Sequence[Mapping[str, Any]]:
        """For each statement what it reads and writes, and what was applied."""
        statements: Sequence[Mapping[str, Any]] = self.document["statements"]
        return statements

    @property
    def lineage_id(self) -> Optional[int]:
        """The number of the pending record of what the script writes, for ``Engine.commit`` or ``Engine.abort``; ``None`` without a store."""
        return self.document.get("lineage_id")


def _reply(allowed: bool, document: Mapping[str, Any]) -> Reply:
    errors = tuple(
        Refusal(e["code"], e["message"], e["statement"], e["line"], e["column"]) for e in document.get("errors", ())
    )
    # Never one without the other: what is not plainly allowed is denied.
    if allowed != ("sql" in document) or allowed == bool(errors):
        raise SqlsecError({"code": "internal", "message": "a reply that neither allows nor denies"})
    return Reply(allowed, errors, document)


def _file(path: Path) -> dict[str, str]:
    return {"file": os.fspath(path)}


class Engine:
    """Rules and tables, ready to decide. Threads may share it; a new policy is a new engine."""

    def __init__(
        self,
        policy: Optional[Path] = None,
        catalog: Sequence[Path] = (),
        *,
        lineage: Optional[Path] = None,
        audit: Optional[Path] = None,
        config: Union[Mapping[str, Any], str, None] = None,
    ):
        """Opens an engine.

        policy: the policy document, YAML or JSON. catalog: the site's tables, ``.sql`` or ``.json``. lineage: the store of what jobs wrote (SQLite).
        audit: the file of audit records. config: the configuration document in place of all these (docs/embedding-c.md).

        Raises ``SqlsecError``.
        """
        if config is not None:
            if policy is not None or catalog or lineage is not None or audit is not None:
                raise ValueError("`config` stands in place of the other arguments")
            text = config if isinstance(config, str) else json.dumps(config)
        else:
            if policy is None:
                raise ValueError("an engine needs `policy` or `config`")
            document: dict[str, Any] = {"policy": _file(policy), "catalog": [_file(path) for path in catalog]}
            if lineage is not None:
                document["lineage"] = _file(lineage)
            if audit is not None:
                document["audit"] = _file(audit)
            text = json.dumps(document)
        try:
            self._native = Native(text.encode())
        except NativeError as error:
            raise SqlsecError(json.loads(str(error))) from None

    def rewrite(self, sql: str, user: str, **more: Any) -> Reply:
        """The protected form of a script, or ``Denied``. Arguments as for ``check``."""
        reply = self.check(sql, user, **more)
        if not reply.allowed:
            raise Denied(reply)
        return reply

    def check(
        self,
        sql: str,
        user: str,
        *,
        groups: Sequence[str] = (),
        roles: Sequence[str] = (),
        attributes: Optional[Mapping[str, Attribute]] = None,
        flink: Optional[str] = None,
        splitter: Optional[str] = None,
        session: Optional[Mapping[str, Any]] = None,
        job: Optional[str] = None,
        strict: bool = False,
    ) -> Reply:
        """Decides, and returns refusals as replies too. You vouch for who the user is.

        flink: ``"2.3"`` or ``"1.20"``. splitter: the program that cuts the script afterwards. session: that of the last reply. job: the name in records of
        lineage. strict: refuses expressions that may fail above filtered tables.

        Raises ``SqlsecError`` where nothing could be decided.
        """
        request: dict[str, Any] = {
            "principal": {
                "user": user,
                "groups": list(groups),
                "roles": list(roles),
                "attributes": dict(attributes or {}),
            },
            "sql": sql,
            "strict": strict,
        }
        named = {"flink": flink, "splitter": splitter, "session": session, "job": job}
        request.update({key: value for key, value in named.items() if value is not None})
        return self.check_document(request)

    def check_document(self, request: Mapping[str, Any]) -> Reply:
        """The same for a request document (schema/request.json)."""
        try:
            allowed, reply = self._native.check(json.dumps(request).encode())
        except NativeError as error:
            raise SqlsecError(json.loads(str(error))) from None
        return _reply(allowed, json.loads(reply))

    def commit(self, lineage_id: int) -> None:
        """The script of this reply was submitted: what it writes stays known."""
        self._settle(self._native.commit, lineage_id)

    def abort(self, lineage_id: int) -> None:
        """It was not submitted, and will not be."""
        self._settle(self._native.abort, lineage_id)

    @staticmethod
    def _settle(call: Any, lineage_id: int) -> None:
        try:
            call(lineage_id)
        except NativeError as error:
            raise SqlsecError(json.loads(str(error))) from None

    def close(self) -> None:
        """Lets go of it; after that every call raises ``SqlsecError`` (``handle-invalid``)."""
        self._native.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


def rewrite(sql: str, user: str, policy: Path, catalog: Sequence[Path] = (), **more: Any) -> str:
    """The protected form of one script by a policy file. For more than one keep an ``Engine``: it reads the files once.

    Raises ``Denied`` or ``SqlsecError``.
    """
    with Engine(policy, catalog) as engine:
        return engine.rewrite(sql, user, **more).sql
