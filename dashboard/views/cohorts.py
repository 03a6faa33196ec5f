"""cohorts."""

import streamlit as st

st.title("cohorts")
