"""baskets."""

import streamlit as st

st.title("baskets")
