"""What others would do about a quota: the baselines of the quota bench, each as processes of its own."""
