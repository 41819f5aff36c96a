"""The sample workspace of `manage.py demo`: a home-goods shop in Seoul, in Korean and English."""
