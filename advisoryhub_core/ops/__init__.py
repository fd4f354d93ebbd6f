"""Operations: logging and health."""
