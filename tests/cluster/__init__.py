"""A real Spark cluster on this machine; `make test-spark-cluster` runs what is here."""
