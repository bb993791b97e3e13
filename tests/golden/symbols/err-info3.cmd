info proc cwd
