"""The shopper's screen: smileys, reasons, questionnaire and thanks, by touch and by the panel's buttons."""
