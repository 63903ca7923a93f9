"""Takes the patient out of what leaves the host, and proves it. Pure: values in, values out."""
