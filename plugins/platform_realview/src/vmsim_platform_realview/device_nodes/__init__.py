"""The nodes of the devices in the device tree: `table` says which device type has which."""
