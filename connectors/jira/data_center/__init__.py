"""Jira Data Center: the same streams as Cloud, over REST v2 with its own paging, dates, people and markup."""
