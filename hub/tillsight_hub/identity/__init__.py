"""Who a device is: a small certificate authority, one-time enrolment, renewal and revocation."""
