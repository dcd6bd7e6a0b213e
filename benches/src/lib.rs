//! Front page: complete programs come here.
