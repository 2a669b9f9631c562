"""The link to the central office: MQTT 5, QoS 1, CloudEvents (docs/mqtt.md)."""
