"""
Regenerate ``schema.json`` from npm's ``@grafana/schema``.

``python dashboards/grafana/generate.py`` needs npm and a registry; it installs 30 MB of packages
into a temporary folder.
"""

import json
import subprocess
import tempfile
from pathlib import Path

VERSION = "12.3.0"
_HERE = Path(__file__).parent
_PACKAGE = {
    "private": True,
    "dependencies": {
        "@grafana/schema": VERSION,
        "ts-json-schema-generator": "2.4.0",
        "typescript": "5",
    },
}
_COMPILER = {
    "compilerOptions": {
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "node",
        "skipLibCheck": True,
        "strict": True,
    },
    "files": ["types.ts"],
}


def main() -> None:
    """Install, generate each type's schema, and put their definitions together."""
    definitions: dict[str, object] = {}
    types = (_HERE / "types.ts").read_text("utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "package.json").write_text(json.dumps(_PACKAGE), "utf-8")
        (folder / "tsconfig.json").write_text(json.dumps(_COMPILER), "utf-8")
        (folder / "types.ts").write_text(
            types.replace("'@grafana/", "'./node_modules/@grafana/"), "utf-8"
        )
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=folder, check=True)
        roots = [line.split()[2] for line in types.splitlines() if line.startswith("export ")]
        for root in roots:
            command = ["npx", "ts-json-schema-generator", "--path", "types.ts", "--type", root]
            command += ["--no-type-check", "--tsconfig", "tsconfig.json"]
            done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            for key, value in json.loads(done.stdout)["definitions"].items():
                bare = without_prose(value)
                if definitions.setdefault(key, bare) != bare:
                    raise SystemExit(f"two different types are called {key}")
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": f"Generated from npm @grafana/schema {VERSION} (Apache-2.0, see LICENSE)",
        "definitions": definitions,
    }
    text = json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False)
    (_HERE / "schema.json").write_text(text + "\n", "utf-8")


def without_prose(value: object) -> object:
    """Return a schema without its descriptions, which are half of its size."""
    if isinstance(value, dict):
        return {
            key: without_prose(inner)
            for key, inner in value.items()
            if not (key == "description" and isinstance(inner, str))
        }
    return [without_prose(child) for child in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
