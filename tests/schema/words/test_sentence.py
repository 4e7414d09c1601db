"""Steps: what somebody at the counter does, one after the other."""

from thongsuot_schema.words.sentence import Step, StepPicture, joined


def test_steps_are_read_as_running_text_where_there_is_no_room_for_pictures() -> None:
    steps = (Step(text="Cắm chặt dây.", picture=StepPicture.CABLE), Step(text="Xem lại sau."))
    assert joined(steps) == "Cắm chặt dây. Xem lại sau."
    assert joined(()) == ""
