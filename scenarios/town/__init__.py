"""A generated Chinese-looking town: streets, people, premises, staff, a day and a lunch.

Nothing here describes a real place or person. Geometry is made in a plane in metres whose origin
is the town's south-west corner and leaves the package in WGS 84 (:mod:`scenarios.town.plane`).
"""
