"""What a content is made of, one file a medium. A medium knows its fields, its form, its preview and its checks;
nothing outside of this package knows what an e-mail has and an SMS has not."""
