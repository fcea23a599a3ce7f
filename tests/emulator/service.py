# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an HTTP request to its answer: who asks, for what, whether they may, faults, latency, log."""

from __future__ import annotations

import json
import re
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, TextIO
from urllib.parse import urlsplit
from uuid import uuid4

from . import operations_associations as _associations  # noqa: F401  registers its operations
from . import operations_collaborations as _collaborations  # noqa: F401
from . import operations_memberships as _memberships  # noqa: F401
from . import operations_namespaces as _namespaces  # noqa: F401
from . import operations_schemas as _schemas  # noqa: F401
from . import operations_tables as _tables  # noqa: F401
from . import operations_tags as _tags  # noqa: F401
from .answers import PathError, changed_answer, changes_answer
from .builder import apply_scenario
from .errors import ServiceError, validation_failed
from .faults import Buckets, Fault, Faults
from .messages import Request, Response, error_response, made_response
from .model import find_route, parse_request
from .query_services import NAMESPACES, answer_body, answer_query, parse_form
from .registry import OPERATIONS, Answer, Context, Parameters
from .settings import Settings
from .store import Store
from .validation import problems

CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
ACCOUNT_KEY = re.compile(r"(?:AKIA)?(\d{12})\w*", re.ASCII)
SERVICES = ("cleanrooms", *NAMESPACES)


@dataclass
class Call:
    """What becomes known of a request on its way; it ends in the log."""

    service: str = ""
    access_key: str = ""
    account_id: str = ""
    region: str = ""
    operation: str = ""
    model: Any = None
    parameters: Parameters = field(default_factory=dict)
    fault: Fault | None = None


class DroppedConnectionError(Exception):
    """A fault wants no answer."""


class Service:
    """The whole state of one emulator."""

    def __init__(self, log_file: Path | None = None) -> None:
        self.store: Store = Store()
        self.settings: Settings = Settings()
        self.faults: Faults = Faults()
        self.buckets: Buckets = Buckets()
        self.log: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self._log_file: TextIO | None = log_file.open("a", encoding="utf-8") if log_file else None

    def close(self) -> None:
        if self._log_file:
            self._log_file.close()

    def answer(self, request: Request) -> Response:
        """Answers one request of an AWS client and logs it."""
        started, clock = time.time(), time.monotonic()
        call = Call()
        request_id = str(uuid4())
        error: ServiceError | None = None
        try:
            response = self.perform(call, request, request_id)
        except ServiceError as raised:
            error = raised
            response = error_response(call.service, raised, request_id)
        except DroppedConnectionError:
            response = Response(0, drop=True)
        except Exception as raised:  # noqa: BLE001  a bug is answered and counted, so that its test fails at once
            error = ServiceError("InternalServerException", self.note_bug(call.operation, raised))
            response = error_response(call.service, error, request_id)
        self.record(call, response, error, started, time.monotonic() - clock)
        return response

    def perform(self, call: Call, request: Request, request_id: str) -> Response:
        self.identify(call, request.authorization)
        self.parse(call, request)
        if call.service == "cleanrooms":
            key = (call.account_id, call.region, call.operation)
            rate = self.settings.rate_of(call.operation)
            if not self.buckets.take(key, rate=rate, burst=self.settings.burst):
                raise ServiceError("ThrottlingException", "Rate exceeded")
        fault = self.meet_fault(call, "before")
        if fault and fault.answer:
            return made_response(fault.answer, request_id)
        if call.model is not None and call.model.input_shape is not None:
            found = list(islice(problems(call.model.input_shape, call.parameters), 20))
            if found:
                raise validation_failed(found)
        time.sleep(self.settings.latency_of(call.operation))
        answer = self.execute(call)
        fault = self.meet_fault(call, "after")
        if fault and fault.answer:
            if not changes_answer(fault.answer):
                return made_response(fault.answer, request_id)
            answer = self.change_answer(call, fault, answer)
        if call.service != "cleanrooms":
            body = answer_body(call.service, call.operation, answer, request_id)
            return Response(200, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body)
        status = call.model.http["responseCode"]
        body = b"" if status == 204 else json.dumps(answer).encode()
        return Response(status, {"Content-Type": "application/json", "x-amzn-RequestId": request_id}, body)

    def identify(self, call: Call, authorization: str) -> None:
        """Account, Region and service from the credential scope. Signatures are not checked."""
        if not authorization:
            raise ServiceError("MissingAuthenticationTokenException", "The request is not signed.", status=403)
        match = CREDENTIAL.match(authorization)
        if match is None:
            raise ServiceError("IncompleteSignatureException", "The Authorization header is malformed.", status=400)
        call.access_key, call.region, call.service = match.groups()
        account_key = ACCOUNT_KEY.fullmatch(call.access_key)
        with self.store.lock:
            account_id = self.store.access_keys.get(call.access_key) or (account_key[1] if account_key else None)
        if account_id is None:
            message = f"The access key {call.access_key} belongs to no account of the emulator's scenario."
            raise ServiceError("UnrecognizedClientException", message, status=403)
        call.account_id = account_id
        if call.service not in SERVICES:
            message = f"The emulator has no service {call.service}, only {', '.join(SERVICES)}."
            raise ServiceError("UnknownOperationException", message, status=501)

    @staticmethod
    def parse(call: Call, request: Request) -> None:
        """Finds the operation and its parameters."""
        if call.service != "cleanrooms":
            call.operation, call.parameters = parse_form(request.body)
            return
        url = urlsplit(request.target)
        call.model, path = find_route(request.method, url.path)
        call.operation = call.model.name
        call.parameters = parse_request(call.model, path, url.query, request.body)
        if call.operation not in OPERATIONS:
            message = f"The emulator does not implement {call.operation}. It has {', '.join(sorted(OPERATIONS))}."
            raise ServiceError("UnknownOperationException", message, status=501)

    def meet_fault(self, call: Call, when: str) -> Fault | None:
        """Meets the fault ordered for this call, if there is one, all but its answer."""
        fault = self.faults.take(
            when,
            operation=call.operation,
            account=call.account_id,
            region=call.region,
            parameters=call.parameters,
        )
        if fault is None:
            return None
        call.fault = fault
        time.sleep(fault.hang)
        if fault.scenario:
            with self.store.lock:
                apply_scenario(self, fault.scenario, seeding=False)
        error = fault.service_error()
        if error:
            raise error
        if fault.drop:
            raise DroppedConnectionError
        return fault

    def change_answer(self, call: Call, fault: Fault, answer: Answer) -> Answer:
        """What the fault makes of the real answer. A path that is not there must make a test fail."""
        try:
            return changed_answer(fault.answer or {}, answer, call.model and call.model.output_shape)
        except PathError as error:
            message = f"Fault {fault.id} of the emulator: '{error}' is not in the answer to {call.operation}."
            self.violations.append(message)
            raise ServiceError("InternalServerException", message) from error

    def execute(self, call: Call) -> Answer:
        """Runs the operation and checks its answer against the model."""
        with self.store.lock:
            context = Context(
                self.store, self.settings, call.operation, call.account_id, call.region, round(time.time(), 3)
            )
            if call.service != "cleanrooms":
                return answer_query(context, call.parameters, call.service, call.access_key)
            # A copy, so that later changes of the store do not reach an answer that is being sent.
            try:
                answer: Answer = json.loads(json.dumps(OPERATIONS[call.operation](context, call.parameters)))
            except ServiceError as error:
                self.check_error(call, error)
                raise
        self.check_answer(call, call.model.output_shape, answer)
        return answer

    def check_error(self, call: Call, error: ServiceError) -> None:
        """An operation answers only errors that the model gives it, with the model's members."""
        shapes = {shape.name: shape for shape in call.model.error_shapes}
        if error.code in shapes:
            self.check_answer(call, shapes[error.code], {"message": error.message, **error.members})
        else:
            self.report_violation(call, f"the model has no {error.code} here")

    def check_answer(self, call: Call, shape: Any, answer: Answer) -> None:
        found = list(islice(problems(shape, answer), 20)) if shape is not None else []
        if found:
            self.report_violation(call, "; ".join(f"{path}: {problem}" for path, problem in found))

    def report_violation(self, call: Call, text: str) -> NoReturn:
        self.violations.append(f"{call.operation}: {text}")
        message = f"Bug of the emulator: its answer to {call.operation} breaks the model: {text}"
        raise ServiceError("InternalServerException", message)

    def note_bug(self, where: str, error: Exception) -> str:
        """Counts an exception of the emulator as a violation; the text to answer."""
        line = traceback.extract_tb(error.__traceback__)[-1]
        text = f"Bug of the emulator: {where}: {error!r} in {Path(line.filename).name}, line {line.lineno}"
        self.violations.append(text)
        return text

    def record(
        self, call: Call, response: Response, error: ServiceError | None, started: float, duration: float
    ) -> None:
        entry = {
            "time": datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds"),
            "account": call.account_id,
            "region": call.region,
            "service": call.service,
            "operation": call.operation,
            "parameters": call.parameters,
            "status": response.status,
            "error": error.code if error else None,
            "reason": error.members.get("reason") if error else None,
            "message": error.message if error else None,
            "duration_ms": round(duration * 1000, 1),
            "fault": call.fault.id if call.fault else None,
        }
        with self.store.lock:
            self.log.append(entry)
            if self._log_file:
                self._log_file.write(json.dumps(entry) + "\n")
                self._log_file.flush()

    def counts(self) -> dict[str, Any]:
        """Requests by operation and status, resources by kind, throttled requests, answers that broke the model."""
        with self.store.lock:
            requests: dict[str, Counter[str]] = {}
            for entry in self.log:
                requests.setdefault(entry["operation"], Counter())[str(entry["status"])] += 1
            store = self.store
            memberships = store.memberships.values()
            return {
                "requests": requests,
                "total_requests": len(self.log),
                "throttled": sum(entry["error"] == "ThrottlingException" for entry in self.log),
                "resources": {
                    "collaborations": len(store.collaborations),
                    "memberships": len(store.memberships),
                    "configured_tables": len(store.tables),
                    "table_associations": sum(len(one.associations) for one in memberships),
                    "analysis_rules": sum(
                        association.rule is not None for one in memberships for association in one.associations.values()
                    ),
                    "id_namespace_associations": sum(len(one.namespaces) for one in memberships),
                },
                "violations": list(self.violations),
            }
