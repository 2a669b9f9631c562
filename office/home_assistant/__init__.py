"""Home Assistant: every checkpoint as a device, by MQTT discovery.

Rules
-----
1. A retained message for each checkpoint says where its values are: in the checkpoint's own topics.
   No value passes through the office, so Home Assistant shows them also while it is away.
2. An alarm that was once announced stays so: Home Assistant keeps its history by its name.
3. Devices of sites that are not chosen any more are deleted at the start; all of them only by
   `gardu office home-assistant --remove`. A checkpoint that the database does not know stays: the
   database can be a new one.
"""
