CREATE TABLE store_version (
    version INTEGER NOT NULL
);
CREATE TABLE tokens (
    id TEXT NOT NULL,
    site TEXT NOT NULL,
    digest BLOB NOT NULL,
    created_ns BIGINT NOT NULL,
    revoked_ns BIGINT,
    PRIMARY KEY (id),
    UNIQUE (digest)
);
CREATE TABLE enrolments (
    id TEXT NOT NULL,
    site TEXT NOT NULL,
    digest BLOB NOT NULL,
    created_ns BIGINT NOT NULL,
    expires_ns BIGINT NOT NULL,
    used_ns BIGINT,
    voided_ns BIGINT,
    token_digest BLOB,
    PRIMARY KEY (id),
    UNIQUE (digest)
);
CREATE TABLE certificates (
    serial TEXT NOT NULL,
    site TEXT NOT NULL,
    key_digest BLOB NOT NULL,
    issued_ns BIGINT NOT NULL,
    expires_ns BIGINT NOT NULL,
    revoked_ns BIGINT,
    renewed_by TEXT,
    pem TEXT NOT NULL,
    PRIMARY KEY (serial)
);
CREATE INDEX certificates_site ON certificates (site);
CREATE TABLE audit (
    id INTEGER NOT NULL,
    at_ns BIGINT NOT NULL,
    "by" TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX audit_subject ON audit (subject);
CREATE TABLE site_plans (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    digest TEXT NOT NULL,
    made_ns BIGINT NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE site_plan_runs (
    site TEXT NOT NULL,
    is_taking BOOLEAN NOT NULL,
    version TEXT NOT NULL,
    refused TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE people (
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    digest BLOB NOT NULL,
    created_ns BIGINT NOT NULL,
    revoked_ns BIGINT,
    PRIMARY KEY (name)
);
CREATE TABLE asks (
    id TEXT NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    link TEXT NOT NULL,
    target TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ns BIGINT NOT NULL,
    expires_ns BIGINT NOT NULL,
    state TEXT NOT NULL,
    changed_ns BIGINT NOT NULL,
    said TEXT NOT NULL,
    found BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX asks_state ON asks (state);
CREATE INDEX asks_site ON asks (site, asked_ns);
CREATE TABLE boots (
    site TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    epoch_ns BIGINT NOT NULL,
    heard_ns BIGINT NOT NULL,
    PRIMARY KEY (site, boot_id)
);
CREATE TABLE set_aside (
    id INTEGER NOT NULL,
    at_ns BIGINT NOT NULL,
    consumer TEXT NOT NULL,
    site TEXT NOT NULL,
    stream TEXT NOT NULL,
    number BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    error TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX set_aside_site ON set_aside (site);
CREATE TABLE sites (
    site TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE positions (
    consumer TEXT NOT NULL,
    journal TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (consumer)
);
CREATE TABLE conversations (
    incident TEXT NOT NULL,
    audience TEXT NOT NULL,
    changed_ns BIGINT NOT NULL,
    is_live BOOLEAN NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (incident, audience)
);
CREATE INDEX conversations_live ON conversations (is_live);
CREATE TABLE deliveries (
    id INTEGER NOT NULL,
    incident TEXT NOT NULL,
    entry INTEGER NOT NULL,
    audience TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    began_ns BIGINT NOT NULL,
    took_ns BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reference TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX deliveries_incident ON deliveries (incident);
CREATE INDEX deliveries_began ON deliveries (began_ns);
CREATE TABLE timelines (
    site TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE intervals (
    site TEXT NOT NULL,
    link TEXT NOT NULL,
    service TEXT NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT,
    state TEXT NOT NULL,
    symptom TEXT NOT NULL,
    segment TEXT,
    basis TEXT NOT NULL,
    error_s FLOAT,
    stream TEXT,
    number BIGINT,
    digest BLOB,
    PRIMARY KEY (site, link, service, start_ns)
);
CREATE TABLE incidents (
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    "key" TEXT NOT NULL,
    party TEXT NOT NULL,
    party_name TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    is_live BOOLEAN NOT NULL,
    opened_ns BIGINT NOT NULL,
    closed_ns BIGINT,
    known_until_ns BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX incidents_known ON incidents (known_until_ns);
CREATE INDEX incidents_opened ON incidents (opened_ns);
CREATE INDEX incidents_party ON incidents (party, party_name);
CREATE INDEX incidents_live ON incidents (is_live);
CREATE TABLE incident_members (
    incident TEXT NOT NULL,
    place INTEGER NOT NULL,
    trouble TEXT NOT NULL,
    site TEXT NOT NULL,
    link TEXT NOT NULL,
    service TEXT NOT NULL,
    PRIMARY KEY (incident, place)
);
CREATE INDEX incident_members_trouble ON incident_members (trouble);
CREATE INDEX incident_members_site ON incident_members (site);
CREATE TABLE troubles (
    id TEXT NOT NULL,
    site TEXT NOT NULL,
    link TEXT NOT NULL,
    service TEXT NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX troubles_subject ON troubles (site, link, service);
CREATE TABLE maintenance_windows (
    id TEXT NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX maintenance_windows_end ON maintenance_windows (end_ns);
CREATE TABLE statements (
    month TEXT NOT NULL,
    site TEXT NOT NULL,
    link TEXT NOT NULL,
    revision INTEGER NOT NULL,
    circuit TEXT NOT NULL,
    carrier TEXT NOT NULL,
    issued_ms BIGINT NOT NULL,
    digest TEXT NOT NULL,
    brief BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (month, site, link, revision)
);
CREATE INDEX statements_circuit ON statements (circuit);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
INSERT INTO store_version VALUES (9);
