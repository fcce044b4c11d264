"""Regular expressions judged before anyone meets them: by their form, and by hostile text."""
