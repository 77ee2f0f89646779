"""Takes the hetzner.hcloud collection out of the wheel of the package `ansible`: 2 MB of 500."""

import sys
import zipfile

wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.startswith("ansible_collections/hetzner/hcloud/")]
    archive.extractall(folder, names)
