"""The rules of the doctor, each with facts that are as they should be and with one that is not."""
