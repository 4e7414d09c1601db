"""The city that the machines of these tests belong to: one site with one line."""

SITE = "hoan-kiem-1"
INVENTORY = f"""
[[carriers]]
name = "song-hong"
title = "Sông Hồng"

[[sites]]
name = "{SITE}"
title = "Điểm phục vụ hành chính công phường Hoàn Kiếm"
commune = "00070"

[[sites.links]]
name = "fixed"
interface = "fix0"
carrier = "song-hong"
"""
