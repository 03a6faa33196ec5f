"""top_lists."""

import streamlit as st

st.title("top_lists")
