"""What things and people of the demo company are called; another set of names gives another company."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """The default is the insurer of DESIGN's opening."""

    company: str = "Meridian Insurance"
    domain: str = "meridian.example"
    provider: str = "IT"
    consumer: str = "Marketing"
    money: str = "Finance"
    provider_lead: str = "Dana Smith"
    consumer_lead: str = "Mo Adeyemi"
    money_lead: str = "Fay Wong"
    sponsor: str = "Sam Okafor"
    initiative: str = "Customer Data Platform"
    alias: str = "CDP"
    objective: str = "Renewals that know the customer"
    build_project: str = "PLAT"
    audit_project: str = "SEC"
    row_prefix: str = "M-"
    design: str = "Design the customer data model"
    pipelines: str = "Build the ingestion pipelines"
    access: str = "Open campaign access to customer data"
    audit: str = "Security audit of campaign access"
    campaign: str = "Autumn renewals campaign"
    creative: str = "Creative and offers"
    segments: str = "Build audience segments"
    access_copy: str = "Customer data access (from IT)"
    work_code: str = "CDP-100"
    maker: str = "Product"
    maker_lead: str = "Pia Nowak"
    seller: str = "Sales"
    seller_lead: str = "Lou Ferreira"
    product_project: str = "PORT"
    release: str = "Release 2 of the broker portal"
    deal: str = "Northwind brokers, 4,000 policies"

    def department(self, name: str) -> str:
        """A department's id."""
        return name.lower().replace(" ", "-")

    def mail(self, person: str) -> str:
        """A person's address."""
        return f"{person.split()[0].lower()}@{self.domain}"
