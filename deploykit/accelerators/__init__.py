"""What each accelerator takes of a graph: tables with their sources, judged op by op, and the parts that come of it."""
