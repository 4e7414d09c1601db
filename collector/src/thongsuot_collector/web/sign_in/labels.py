"""The fixed words of the sign-in pages, and of the page of an account."""

from typing import Final

from thongsuot_collector.store.passwords import SHORTEST
from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.words.language import Text

NAME: Final = Text("collector.sign_in.name")
PASSWORD: Final = Text("collector.sign_in.password")
WRONG: Final = Text("collector.sign_in.wrong")
WAIT: Final = Text("collector.sign_in.wait")
SIGNED_OUT: Final = Text("collector.sign_in.signed_out")
HELP: Final = Text("collector.sign_in.help")
BY_PROVIDER: Final = Text("collector.sign_in.by_provider")
PROVIDER: Final = Text("collector.sign_in.provider")
PROVIDER_FAILED: Final = Text("collector.sign_in.provider_failed")
PROVIDER_NO_ROLE: Final = Text("collector.sign_in.provider_no_role")

CODE_TITLE: Final = Text("collector.sign_in.code_title")
CODE_HOW: Final = Text("collector.sign_in.code_how")
CODE: Final = Text("collector.sign_in.code")
CODE_WRONG: Final = Text("collector.sign_in.code_wrong")
CONTINUE: Final = Text("collector.sign_in.continue")
OTHER_ACCOUNT: Final = Text("collector.sign_in.other_account")

ENROL_TITLE: Final = Text("collector.sign_in.enrol_title")
ENROL_REQUIRED: Final = Text("collector.sign_in.enrol_required")
ENROL_APP: Final = Text("collector.sign_in.enrol_app")
ENROL_SCAN: Final = Text("collector.sign_in.enrol_scan")
ENROL_PICTURE: Final = Text("collector.sign_in.enrol_picture")
ENROL_KEY: Final = Text("collector.sign_in.enrol_key")
ENROL_CODE: Final = Text("collector.sign_in.enrol_code")
ENROL_LATE: Final = Text("collector.sign_in.enrol_late")
ISSUER: Final = Text("collector.sign_in.issuer")
ENROL_BUTTON: Final = Text("collector.sign_in.enrol_button")

RECOVERY_TITLE: Final = Text("collector.sign_in.recovery_title")
RECOVERY_HOW: Final = Text("collector.sign_in.recovery_how")

ME_TITLE: Final = Text("collector.sign_in.me_title")
SIGN_OUT: Final = Text("collector.sign_in.sign_out")
SESSIONS: Final = Text("collector.sign_in.sessions")
THIS_SESSION: Final = Text("collector.sign_in.this_session")
SINCE: Final = Text("collector.sign_in.since")
SEEN: Final = Text("collector.sign_in.seen")
SIGN_OUT_OTHERS: Final = Text("collector.sign_in.sign_out_others")
SIGNED_OUT_OTHERS: Final = Text("collector.sign_in.signed_out_others")
CHANGE_PASSWORD: Final = Text("collector.sign_in.change_password")
CURRENT_PASSWORD: Final = Text("collector.sign_in.current_password")
NEW_PASSWORD: Final = Text("collector.sign_in.new_password")
NEW_PASSWORD_AGAIN: Final = Text("collector.sign_in.new_password_again")
PASSWORD_HOW: Final = Text("collector.sign_in.password_how", characters=SHORTEST)
PASSWORD_CHANGED: Final = Text("collector.sign_in.password_changed")
PASSWORD_WRONG: Final = Text("collector.sign_in.password_wrong")
PASSWORD_UNFIT: Final = Text("collector.sign_in.password_unfit", characters=SHORTEST)
PASSWORD_DIFFERS: Final = Text("collector.sign_in.password_differs")
SECOND_FACTOR: Final = Text("collector.sign_in.second_factor")
SECOND_FACTOR_ON: Final = Text("collector.sign_in.second_factor_on")
SECOND_FACTOR_OFF: Final = Text("collector.sign_in.second_factor_off")
SECOND_FACTOR_SET_UP: Final = Text("collector.sign_in.second_factor_set_up")
SECOND_FACTOR_REMOVE: Final = Text("collector.sign_in.second_factor_remove")
SECOND_FACTOR_REMOVED: Final = Text("collector.sign_in.second_factor_removed")
NEW_RECOVERY_CODES: Final = Text("collector.sign_in.new_recovery_codes")
SECOND_FACTOR_CODE: Final = Text("collector.sign_in.second_factor_code")
BY_PROVIDER_ONLY: Final = Text("collector.sign_in.by_provider_only")

ROLES: Final[dict[PersonRole, Text]] = {
    PersonRole.CITY_ENGINEER: Text("collector.sign_in.roles.city_engineer"),
    PersonRole.CITY_READER: Text("collector.sign_in.roles.city_reader"),
    PersonRole.CARRIER: Text("collector.sign_in.roles.carrier"),
    PersonRole.COMMUNE: Text("collector.sign_in.roles.commune"),
}
"""The display name of each role."""
