"""The router: who looks, at which page, and how old the numbers are."""

import streamlit as st

from dashboard import access, layout, queries, warehouse

PAGES = {
    "Before a visit": [
        ("my_customers", "My customers", ":material/list_alt:"),
        ("customer", "Customer", ":material/person:"),
    ],
    "The business": [
        ("overview", "Overview", ":material/dashboard:"),
        ("customers", "Customers", ":material/groups:"),
        ("cohorts", "Cohorts", ":material/grid_on:"),
        ("baskets", "Baskets", ":material/shopping_basket:"),
        ("patterns", "Patterns", ":material/schedule:"),
        ("top_lists", "Top lists", ":material/leaderboard:"),
        ("lines", "Invoice lines", ":material/receipt_long:"),
    ],
}
MINUTES_BETWEEN_LOOKS = 5


def put_up_frame(viewer: access.Viewer) -> bool:
    """Read what all pages rest on; return whether there is anything to show."""
    row = warehouse.read(viewer.viewer_id, queries.FRAME).to_pylist()[0]
    if row["as_of_date"] is None:
        return False
    st.session_state["frame"] = layout.Frame(
        viewer, row["as_of_date"], row["first_invoice_date"], row["currency_code"] or "money"
    )
    return True


@st.fragment(run_every=60 * MINUTES_BETWEEN_LOOKS)
def watch_for_builds(build_id: str) -> None:
    """Show the next build to those who leave a page open."""
    try:
        if warehouse.published().build_id != build_id:
            st.rerun()
    except warehouse.QueryFailed:
        pass  # the next thing that the reader does says what is wrong


def show_age(viewer: access.Viewer) -> None:
    """Say who looks, of which day the numbers are, and when they were built."""
    build = warehouse.published()
    st.caption(
        f"Data up to **{layout.day(build.as_of_date)}** · built "
        f"{layout.day(build.built_at.date())}, {build.built_at:%H:%M} UTC"
    )
    with st.sidebar:
        if viewer.is_signed_in:
            whose = (
                "all customers"
                if viewer.sees_all
                else ("your team's customers" if viewer.is_manager else "your customers")
            )
            st.caption(f"{layout.plain(viewer.name)}: {whose}")
            st.button("Sign out", on_click=st.logout, icon=":material/logout:")
    watch_for_builds(build.build_id)


def main() -> None:
    """Sign in, then show the page that the address names."""
    st.set_page_config(page_title="Customer opportunities", page_icon="🧭", layout="wide")
    pages = {
        heading: [
            st.Page(f"views/{name}.py", title=title, icon=icon, default=name == "my_customers")
            for name, title, icon in group
        ]
        for heading, group in PAGES.items()
    }
    try:
        viewer = access.viewer()
        if viewer is None:
            st.navigation(pages, position="hidden")
            ask_to_sign_in()
            return
        if not put_up_frame(viewer):
            st.navigation(pages, position="hidden")
            st.title("Nothing here yet", anchor=False)
            layout.empty("No invoice was accepted: rejected_rows says why, if any was loaded.")
            return
        page = st.navigation(pages)
        layout.come_back_to(page.url_path)
        show_age(viewer)
    except access.Refused as refusal:
        st.navigation(pages, position="hidden")
        st.title("No access", anchor=False)
        st.error(layout.plain(refusal))
        if access.configured().get("auth") and st.user.is_logged_in:
            st.button("Sign out", on_click=st.logout)
        return
    except warehouse.QueryFailed as error:
        st.navigation(pages, position="hidden")
        st.title("The warehouse cannot be read", anchor=False)
        layout.broken(str(error))
        st.button("Try again")
        return
    with layout.section(""):  # what a page reads outside its sections, such as its filters' options
        page.run()


def ask_to_sign_in() -> None:
    """Show the door."""
    st.title("Customer opportunities", anchor=False)
    st.write("Which customer to talk to today, about what, and what it is worth.")
    st.button("Sign in", on_click=st.login, type="primary", icon=":material/login:")


main()
