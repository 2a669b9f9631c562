"""The monthly report (*rekapitulasi kunjungan*): the figures of a month."""
