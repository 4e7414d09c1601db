"""The dead man's switch: an alert that always fires, so that its absence is a signal."""

from thongsuot_dashboards.rule_file import AlertRule, RuleGroup

GROUP = RuleGroup(
    name="thongsuot-dead-man",
    every="30s",
    rules=(
        AlertRule(
            name="ThongsuotDeadManSwitch",
            expr="vector(1)",
            lasting="0s",
            severity="none",
            summary_vi="Đường cảnh báo hoạt động",
            summary_en="Alerts get through",
            action_vi="Luôn phát. Gửi đến một nơi bên ngoài, nơi sẽ báo khi không còn nhận được:"
            " khi đó Prometheus hoặc Alertmanager đã ngừng.",
            action_en="Always fires. Send it to an external service that raises an alarm when it "
            "stops arriving: then Prometheus or Alertmanager has stopped.",
        ),
    ),
)
