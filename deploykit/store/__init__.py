"""What app stores will say of an artifact and of the native libraries around it, before anything is uploaded."""
