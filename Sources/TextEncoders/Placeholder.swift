/// What encoders are.
enum Placeholder {}
