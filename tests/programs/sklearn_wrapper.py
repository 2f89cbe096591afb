# Keras inside scikit-learn: KerasClassifier, KerasRegressor, cross_val_score, GridSearchCV, Pipeline (2016-2020).
import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from keras.utils import np_utils
from keras.constraints import maxnorm
from keras.layers import Dropout
from sklearn.model_selection import cross_val_score, GridSearchCV, KFold, StratifiedKFold
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.pipeline import Pipeline
from sklearn.datasets import load_iris

seed = 7
numpy.random.seed(seed)
X, y = load_iris(return_X_y=True)
names = numpy.array(['setosa', 'versicolor', 'virginica'])[y]
encoder = LabelEncoder()
encoder.fit(names)
encoded_Y = encoder.transform(names)
dummy_y = np_utils.to_categorical(encoded_Y)


def baseline_model():
    model = Sequential()
    model.add(Dense(8, input_dim=4, activation='relu'))
    model.add(Dense(3, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model


estimator = KerasClassifier(build_fn=baseline_model, epochs=60, batch_size=10, verbose=0)
kfold = KFold(n_splits=2, shuffle=True, random_state=seed)
results = cross_val_score(estimator, X, dummy_y, cv=kfold)
print("Baseline: %.2f%% (%.2f%%)" % (results.mean() * 100, results.std() * 100))
assert results.mean() > 0.6

two = y < 2


def create_model(optimizer='rmsprop', init='glorot_uniform', neurons=4):
    model = Sequential()
    model.add(Dense(neurons, input_dim=4, kernel_initializer=init, activation='relu', kernel_constraint=maxnorm(3)))
    model.add(Dropout(0.1))
    model.add(Dense(1, kernel_initializer=init, activation='sigmoid'))
    model.compile(loss='binary_crossentropy', optimizer=optimizer, metrics=['accuracy'])
    return model


model = KerasClassifier(build_fn=create_model, verbose=0)
param_grid = dict(optimizer=['rmsprop', 'adam'], neurons=[2, 6], epochs=[3], batch_size=[20])
grid = GridSearchCV(estimator=model, param_grid=param_grid, n_jobs=1, cv=2)
grid_result = grid.fit(X[two], y[two])
print("Best: %f using %s" % (grid_result.best_score_, grid_result.best_params_))
means = grid_result.cv_results_['mean_test_score']
assert len(means) == 4 and set(grid_result.best_params_) == set(param_grid)
for mean, param in zip(means, grid_result.cv_results_['params']):
    print("%f with: %r" % (mean, param))


def larger_model():
    model = Sequential()
    model.add(Dense(13, input_dim=3, kernel_initializer='normal', activation='relu'))
    model.add(Dense(1, kernel_initializer='normal'))
    model.compile(loss='mean_squared_error', optimizer='adam')
    return model


estimators = []
estimators.append(('standardize', StandardScaler()))
estimators.append(('mlp', KerasRegressor(build_fn=larger_model, epochs=30, batch_size=5, verbose=0)))
pipeline = Pipeline(estimators)
results = cross_val_score(pipeline, X[:, :3], X[:, 3], cv=KFold(n_splits=2, shuffle=True, random_state=seed))
print("Standardized: %.2f (%.2f) MSE" % (results.mean(), results.std()))
assert -0.6 < results.mean() < 0      # minus the loss, so that larger is better
pipeline.fit(X[:, :3], X[:, 3])
assert pipeline.predict(X[:5, :3]).shape == (5,)
