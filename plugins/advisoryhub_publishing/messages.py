"""Translatable texts of this plugin."""

from pyramid.i18n import TranslationStringFactory

_ = TranslationStringFactory("advisoryhub")
