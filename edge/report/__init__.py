"""The monthly report (*rekapitulasi kunjungan*): what happened in a month, in figures."""
