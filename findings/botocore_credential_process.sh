#!/usr/bin/env bash
# botocore's credential_process fails with exceptions that are none of botocore's.
#
# Version: botocore 1.44.5 (the same in 1.43.71).
# Surprise: botocore documents BotoCoreError and ClientError as the parents of what it raises, and amazon.aws's error
# handlers catch these two. Three everyday mishaps of a credential_process raise neither:
#   - a program that is not installed: FileNotFoundError
#   - a program that prints a sentence and no JSON ("log in first"): json.JSONDecodeError
#   - keys whose Expiration has passed (a session that was cached too long): RuntimeError
# Here: plugins/module_utils/_requests.py takes whatever a request raises; tests/functional/engine/test_credentials.py.
# Fails when one of them becomes an exception of botocore's.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check botocore==1.44.5
cat >"$scratch/expired.json" <<'JSON'
{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "example", "SessionToken": "example",
 "Expiration": "2025-01-01T00:00:00Z"}
JSON
cat >"$scratch/config" <<CONFIG
[profile missing]
credential_process = $scratch/not-installed
[profile sentence]
credential_process = echo log in first
[profile expired]
credential_process = cat $scratch/expired.json
CONFIG
AWS_CONFIG_FILE=$scratch/config AWS_EC2_METADATA_DISABLED=true "$scratch/venv/bin/python" - <<'PYTHON'
import json

import botocore
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

expected = {"missing": FileNotFoundError, "sentence": json.JSONDecodeError, "expired": RuntimeError}
for profile, kind in expected.items():
    try:
        botocore.session.Session(profile=profile).get_credentials().get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"{profile}: botocore {botocore.__version__} raises its own {type(error).__name__} now")
    except kind as error:
        print(f"botocore {botocore.__version__}, {profile}: {type(error).__name__}: {str(error).splitlines()[0]}")
PYTHON
