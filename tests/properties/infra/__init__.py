"""Properties of infra that hold for whatever somebody writes or sends."""
