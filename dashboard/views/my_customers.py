"""my_customers."""

import streamlit as st

st.title("my_customers")
